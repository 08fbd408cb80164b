"""What tests share: tiny data, tables of cases, and the programs that they start."""
