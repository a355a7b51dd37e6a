frappe.listview_settings["Payment Reference Setup"] = {
	add_fields: ["disabled"],
	get_indicator: ({ disabled }) =>
		disabled ? [__("Disabled"), "gray", "disabled,=,1"] : [__("Active"), "green", "disabled,=,0"],
};
