// Contract Letter: written by the app; what there is to do about it is done on its contract.
frappe.ui.form.on("Contract Letter", {
	refresh(frm) {
		frm.disable_save();
		if (frm.doc.status === "To Be Sent")
			frm.set_intro(__("Nothing shows yet that it left. Record on the contract how it did."), "red");
		frm.add_custom_button(__("Open the contract"), () => frappe.set_route("Form", "B2B Contract", frm.doc.contract));
	},
});
