frappe.ui.form.on("Account Statement", {
	refresh(frm) {
		if (frm.doc.pdf) frm.add_custom_button(__("Open PDF"), () => window.open(encodeURI(frm.doc.pdf)));
	},
});
