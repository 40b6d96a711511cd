"""The prediction log: from the edge workers' frames to Parquet files, each entry once."""
