"""The register of processing (Art. 30) and the data dictionary (S158-S161), made from what the program itself runs on.

Nothing is written here twice: purposes come from the catalogue, data from the declarations, time limits from the
periods of the policy. The page and the workbook show the same tables.
"""
