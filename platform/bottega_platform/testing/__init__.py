"""What tests of every member share: real services on free ports, in a home that is gone afterwards."""
