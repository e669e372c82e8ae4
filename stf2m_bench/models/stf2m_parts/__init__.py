"""The parts of ST-F2M, in the order in which data pass them: policies, augmentation, sites, spatial, temporal, encoder,
fuzzy, memory; then one of the learners: slots (in memory), flat, gated_maml, meta_lstm."""
