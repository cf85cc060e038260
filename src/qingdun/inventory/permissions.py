PERMISSIONS = {"inventory.view": "查看台账", "inventory.edit": "登记台账", "inventory.export": "导出台账"}
