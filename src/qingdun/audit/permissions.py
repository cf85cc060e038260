PERMISSIONS = {"audit.view": "查看审计记录", "audit.verify": "核验审计链"}
