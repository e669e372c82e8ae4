"""What extractors share: the contract, the decoders, the view store."""
