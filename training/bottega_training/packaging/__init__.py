"""Model bundles: built, measured and checked before anything may use them."""
