"""From history to frozen tables: the cut points of traits, and the models of what customers will do."""
