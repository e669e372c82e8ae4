"""The parts of ST-F2M, in the order in which data pass them: sites, spatial, temporal, encoder, fuzzy, memory."""
