"""What loaders share: the contract, the manifest, the canonical emotions."""
