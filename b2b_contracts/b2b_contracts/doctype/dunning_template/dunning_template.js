// Dunning Template: what a customer would read, in each language.
(() => {
	frappe.ui.form.on("Dunning Template", {
		refresh(frm) {
			if (frm.is_new()) return;
			frm.add_custom_button(__("Preview"), () => preview(frm));
		},
	});

	async function preview(frm) {
		if (frm.is_dirty()) {
			if (!frm.perm[0]?.write) return;
			await frm.save();
		}
		const languages = frm.doc.texts.map((row) => row.language);
		const dialog = new frappe.ui.Dialog({
			title: __("Preview with made-up figures"),
			size: "large",
			fields: [
				{
					fieldname: "language",
					fieldtype: "Select",
					label: __("Language"),
					options: languages,
					default: languages[0],
					change: () => show(frm, dialog),
				},
				{ fieldname: "shown", fieldtype: "HTML" },
			],
		});
		dialog.show();
		show(frm, dialog);
	}

	async function show(frm, dialog) {
		const language = dialog.get_value("language");
		const text = await frappe.xcall("b2b_contracts.letters_api.preview_template", {
			template: frm.doc.name,
			language,
		});
		if (dialog.get_value("language") !== language) return;
		const { escape_html } = frappe.utils;
		const sms = text.sms
			? `<h6 class="mt-3">${__("SMS")}</h6><p class="b2b-preview-sms">${escape_html(text.sms)}</p>`
			: "";
		dialog.fields_dict.shown.$wrapper.html(
			`<p><b class="b2b-preview-subject">${escape_html(text.subject)}</b></p><div class="frame"></div>${sms}`
		);
		// The mail has styles of its own: a frame keeps them and the desk's apart.
		const frame = $(
			"<iframe class='b2b-preview' sandbox style='width: 100%; height: 55vh; border: 1px solid var(--border-color); background: white'></iframe>"
		);
		frame.attr("srcdoc", `<div style="font-family: sans-serif; font-size: 14px">${text.message}</div>`);
		dialog.fields_dict.shown.$wrapper.find(".frame").append(frame);
	}
})();
