"""Software bills of materials: CycloneDX documents, written, validated and compared."""
