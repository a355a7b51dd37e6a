frappe.ui.form.on("Contract Document", {
	refresh(frm) {
		frm.disable_save();
		if (frm.doc.file) {
			frm.add_custom_button(__("Open file"), () => window.open(encodeURI(frm.doc.file)));
		}
		if (frm.doc.contract) {
			frm.add_custom_button(__("Open contract"), () =>
				frappe.set_route("Form", "B2B Contract", frm.doc.contract),
			);
		}
	},
});
