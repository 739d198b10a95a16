"""An Excel workbook as `openpyxl` reads it: `sheet.py FILE` prints its cells; with `ANSWERS` (JSON: key -> {header: value}) it also fills
cells in and saves the file as a person would."""

import json
import sys

from openpyxl import load_workbook

book = load_workbook(sys.argv[1])
sheet = book.active
head = [cell.value for cell in sheet[1]]
rows = []
for row in sheet.iter_rows(min_row=2):
    cells = {name: {"value": cell.value, "type": cell.data_type, "link": cell.hyperlink.target if cell.hyperlink else None,
                    "quoted": bool(cell.quotePrefix)} for name, cell in zip(head, row)}
    rows.append(cells)
    if len(sys.argv) > 2:
        for name, value in json.loads(sys.argv[2]).get(row[0].value, {}).items():
            row[head.index(name)].value = value
if len(sys.argv) > 2:
    book.save(sys.argv[1])
lists = [rule.formula1 for rule in sheet.data_validations.dataValidation]
print(json.dumps({"rows": rows, "lists": lists}, ensure_ascii=False))
