"""Products: what users do with them, which are alike by that, and which one to show next."""
