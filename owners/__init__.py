"""Who owns and who controls an entity in the end, through any number of others between, circles among them."""
