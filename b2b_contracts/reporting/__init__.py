"""What the reports say: facts read from the books, shown as columns, rows, charts and totals, on the screen, in a workbook, in a
monthly pack. Reads only, but for the snapshots of a month."""
