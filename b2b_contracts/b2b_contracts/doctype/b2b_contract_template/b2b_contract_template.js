// Contract Template: its versions, and what can be asked and named.
(() => {
	const API = "b2b_contracts.contract_texts_api";
	const COLOUR = { Draft: "gray", Approved: "green", Retired: "darkgrey" };

	frappe.ui.form.on("B2B Contract Template", {
		setup(frm) {
			frm.set_query("contract_type", () => ({ filters: { disabled: 0 } }));
			frm.set_query("clause", "clauses", () => ({ filters: { disabled: 0 } }));
		},
		async refresh(frm) {
			const { name, status, version_number } = frm.doc;
			if (frm.is_new()) return;
			frm.page.set_indicator(__(status, null, frm.doctype), COLOUR[status]);
			if (status !== "Draft") frm.disable_form();
			frm.add_custom_button(__("Download built-in Word layout"), () =>
				window.open("/api/method/b2b_contracts.contract_documents_api.word_layout_file")
			);
			const steps = await frappe.xcall(`${API}.template_steps`, { template: name });
			if (frm.doc.name !== name) return;
			if (status === "Draft") {
				const button = frm.add_custom_button(__("Approve template"), () =>
					steps.why_not
						? frappe.msgprint({ title: __("Approve template"), message: frappe.utils.escape_html(steps.why_not), indicator: "orange" })
						: ask(__("Approve {0}? It cannot be changed afterwards, and the version before is retired.", [name]), () =>
								call(frm, "approve_template")
						  )
				);
				if (steps.why_not) button.addClass("text-muted").attr("title", steps.why_not);
				else button.addClass("btn-primary");
			}
			frm.add_custom_button(__("Preview"), () => preview(frm));
			if (steps.can_renew)
				frm.add_custom_button(__("New version"), async () => {
					const made = await frappe.xcall(`${API}.new_template_version`, { template: name });
					frappe.set_route("Form", frm.doctype, made.name);
				});
			if (steps.can_retire)
				frm.add_custom_button(__("Retire"), () =>
					ask(__("Retire {0}? No contract is made from it any more.", [name]), () => call(frm, "retire_template"))
				);
			if (status === "Approved" && frappe.model.can_create("B2B Contract"))
				frm.add_custom_button(__("Make a contract"), () =>
					b2b_contracts.contracts.new_from_template({ contract_type: frm.doc.contract_type, template: name })
				);
			say(frm, status, version_number);
		},
	});

	async function preview(frm) {
		if (frm.is_dirty()) await frm.save();
		const dialog = new frappe.ui.Dialog({
			title: __("Text of {0}", [frm.doc.name]),
			size: "extra-large",
			fields: [{ fieldname: "shown", fieldtype: "HTML" }],
		});
		const { $wrapper } = dialog.fields_dict.shown;
		const show = async (language) => {
			const text = await frappe.xcall(`${API}.template_text`, { template: frm.doc.name, ...(language ? { language } : {}) });
			$wrapper.html(b2b_contracts.contracts.text_page(text));
			$wrapper.find("select").on("change", (event) => show(event.target.value));
		};
		dialog.show();
		show();
	}

	const ask = (words, then) => frappe.confirm(frappe.utils.escape_html(words), then);

	async function call(frm, method) {
		await frappe.xcall(`${API}.${method}`, { template: frm.doc.name });
		frm.reload_doc();
	}

	function say(frm, status, number) {
		frm.set_intro("");
		if (status === "Approved")
			frm.set_intro(__("Version {0} is in use. It keeps its clauses as they were when it was approved; make a new version to bring in changes of the library.", [number]), "green");
		else if (status === "Retired") frm.set_intro(__("Version {0} is retired. No contract is made from it any more.", [number]), "orange");
		else frm.set_intro(__("Version {0} is a draft. Sellers see it once somebody else has approved it.", [number]), "blue");
	}
})();
