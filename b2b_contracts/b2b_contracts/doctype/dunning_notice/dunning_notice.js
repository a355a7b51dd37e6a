// Dunning Notice: what it says, and leaving it out of its run.
(() => {
	const API = "b2b_contracts.dunning_api";

	frappe.ui.form.on("Dunning Notice", {
		refresh(frm) {
			// While it is planned an item may be left out; nothing else is for anybody to change.
			if (frm.doc.status !== "Planned") frm.disable_form();
			frm.set_df_property("items", "cannot_add_rows", 1);
			frm.set_df_property("items", "cannot_delete_rows", 1);
			frm.set_intro("");
			const { status, excluded, reason_text, delivery_error, exclude_reason } = frm.doc;
			const why = (excluded && exclude_reason) || delivery_error || reason_text;
			if (why) frm.set_intro(frappe.utils.escape_html(why), status === "Failed" ? "red" : "orange");
			if (status === "Planned" && frm.perm[0]?.write) add_choice(frm);
			if (["Unclear", "Failed"].includes(status) && frm.perm[0]?.write) add_decision(frm);
			if (frm.doc.template) frm.add_custom_button(__("See the message"), () => show_message(frm));
			// Its source is nothing to read; the button shows the message as it looks.
			frm.toggle_display("message", false);
			b2b_contracts.letters.add_to_form(frm);
		},
	});

	function add_choice(frm) {
		const choose = async (reason) => {
			await frappe.xcall(`${API}.leave_out`, { names: [frm.doc.name], reason });
			frm.reload_doc();
		};
		if (frm.doc.excluded) return frm.add_custom_button(__("Take in again"), () => choose(""));
		frm.add_custom_button(__("Leave out"), () =>
			frappe.prompt(
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Why it is left out"), reqd: 1 },
				({ reason }) => choose(reason),
				__("Leave out"),
				__("Leave out")
			)
		);
	}

	// Nobody but a person knows: the answer of the mail server or gateway was lost.
	function add_decision(frm) {
		const decide = (did_go) => async () => {
			await frappe.xcall(`${API}.decide_unclear`, { name: frm.doc.name, did_go });
			frm.reload_doc();
		};
		frm.add_custom_button(__("It was sent"), decide(true));
		if (frm.doc.status === "Unclear") frm.add_custom_button(__("It was not sent"), decide(false));
	}

	async function show_message(frm) {
		const { subject, message } = await frappe.xcall(`${API}.message_of`, { name: frm.doc.name });
		const dialog = new frappe.ui.Dialog({
			title: subject,
			size: "large",
			fields: [{ fieldname: "message", fieldtype: "HTML" }],
		});
		// The mail has styles of its own: a frame keeps them and the desk's apart.
		const frame = $("<iframe sandbox style='width: 100%; height: 60vh; border: 0; background: white'></iframe>");
		frame.attr("srcdoc", message);
		dialog.fields_dict.message.$wrapper.html(frame);
		dialog.show();
	}
})();
