// Contract: its text as it stands, the wording of its clauses, and why it is approved by whom it is.
(() => {
	const API = "b2b_contracts.contract_texts_api";
	const esc = (value) => frappe.utils.escape_html(cstr(value ?? ""));

	frappe.ui.form.on("B2B Contract", {
		setup(frm) {
			frm.set_query("template", () => ({
				filters: { status: "Approved", ...(frm.doc.contract_type ? { contract_type: frm.doc.contract_type } : {}) },
			}));
			frm.set_query("clause", "clauses", () => ({ filters: { disabled: 0 } }));
		},
		refresh(frm) {
			show_text(frm);
			show_why(frm);
			if (frm.is_new() || !frm.doc.clauses?.length) return;
			const writes = ["Request", "Draft"].includes(frm.doc.status) && frm.perm[0]?.write;
			if (writes) frm.add_custom_button(__("Choose wordings"), () => choose(frm));
		},
	});

	async function choose(frm) {
		if (frm.is_dirty()) return frappe.msgprint(__("Save the contract first."));
		const { name } = frm.doc;
		const clauses = await frappe.xcall(`${API}.clause_choices`, { contract: name });
		const dialog = new frappe.ui.Dialog({
			title: __("Wordings of {0}", [frm.doc.title]),
			size: "extra-large",
			fields: [{ fieldname: "clauses", fieldtype: "HTML" }],
			primary_action_label: __("Save"),
			primary_action: () => {},
		});
		const picker = new b2b_contracts.contracts.ClausePicker(dialog.fields_dict.clauses.$wrapper, clauses);
		dialog.set_primary_action(__("Save"), async () => {
			const chosen = picker.chosen();
			if (!chosen) return;
			await frappe.xcall(`${API}.choose_clauses`, { contract: name, clauses: chosen });
			dialog.hide();
			frm.reload_doc();
		});
		dialog.show();
	}

	async function show_text(frm, language) {
		const { $wrapper } = frm.fields_dict.text_preview;
		$wrapper.empty();
		if (frm.is_new() || !frm.doc.clauses?.length) return;
		const { name } = frm.doc;
		const text = await frappe.xcall(`${API}.contract_text`, { contract: name, ...(language ? { language } : {}) });
		if (frm.doc.name !== name) return;
		$wrapper.html(b2b_contracts.contracts.text_page(text));
		$wrapper.find("select").on("change", (event) => show_text(frm, event.target.value));
	}

	async function show_why(frm) {
		const { $wrapper } = frm.fields_dict.approval_why;
		$wrapper.empty();
		if (frm.is_new()) return;
		const { name } = frm.doc;
		const reasons = await frappe.xcall(`${API}.approval_reasons`, { contract: name });
		if (frm.doc.name !== name || !reasons.length) return;
		const rows = reasons.map(({ role, reason }) => `<li><b>${esc(__(role))}</b>: ${esc(reason)}</li>`).join("");
		$wrapper.html(`<div class="b2b-approval-why small"><p class="text-muted">${__("Why this role approves it:")}</p><ul>${rows}</ul></div>`);
	}
})();
