// Contract Document: a paper that nobody changes; whether its file is still the one that was filed.
frappe.ui.form.on("Contract Document", {
	refresh(frm) {
		frm.disable_save();
		if (frm.is_new()) return;
		frm.add_custom_button(__("Open file"), () => window.open(encodeURI(frm.doc.file)));
		frm.add_custom_button(__("Open contract"), () => frappe.set_route("Form", "B2B Contract", frm.doc.contract));
		frm.add_custom_button(__("Check file"), async () => {
			const method = "b2b_contracts.contract_documents_api.check_document";
			const { is_unchanged, file_hash } = await frappe.xcall(method, { document: frm.doc.name });
			frappe.msgprint({
				title: __("Check file"),
				message: is_unchanged
					? __("The file is the one that was filed. SHA-256: {0}", [file_hash])
					: __("The file is not the one that was filed, or is gone. It was filed with the SHA-256 {0}.", [file_hash]),
				indicator: is_unchanged ? "green" : "red",
			});
		});
	},
});
