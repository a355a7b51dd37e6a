// Insurer Duty: what is to be done by when, and the buttons that say that it is.
(() => {
	const API = "b2b_contracts.insurance_api";

	frappe.ui.form.on("Insurer Duty", {
		refresh(frm) {
			frm.disable_save();
			frm.set_intro("");
			const { status, due_date } = frm.doc;
			if (!["Open", "Missed"].includes(status)) return;
			const by = frappe.datetime.str_to_user(due_date);
			if (status === "Missed")
				frm.set_intro(__("It was due by {0}. Do it now all the same: cover may be lost.", [by]), "red");
			else frm.set_intro(__("To be done by {0}.", [by]), "blue");
			if (!frappe.perm.has_perm("Insurer Duty", 0, "write", frm.doc)) return;
			frm.add_custom_button(__("Done"), () => done(frm)).addClass("btn-primary");
			frm.add_custom_button(__("Not needed"), () => not_needed(frm));
		},
	});

	function done(frm) {
		ask(frm, "duty_done", __("Done"), [
			{ fieldname: "note", fieldtype: "Small Text", label: __("What was done") },
			{ fieldname: "evidence", fieldtype: "Attach", label: __("Evidence") },
		]);
	}

	function not_needed(frm) {
		ask(frm, "duty_not_needed", __("Not needed"), [
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
		]);
	}

	function ask(frm, method, title, fields) {
		frappe.prompt(
			fields,
			async (values) => {
				await frappe.xcall(`${API}.${method}`, { duty: frm.doc.name, ...values });
				await frm.reload_doc();
			},
			title,
			title
		);
	}
})();
