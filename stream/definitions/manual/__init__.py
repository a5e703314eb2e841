"""What can be written in a config, word by word, each with an example that runs: for editors and the reference page."""
