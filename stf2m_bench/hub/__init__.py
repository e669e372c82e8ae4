"""The Hugging Face Hub: models pushed to it and pulled from it. Nothing here asks it before a command says so."""
