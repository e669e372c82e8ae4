"""What models share: the contract, pooling, the fusion of views, encoders, lifting."""
