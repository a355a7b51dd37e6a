// Collection Task: what to say, what was said before, and one click for what came of it.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.collection_tasks_api";
	const WITHOUT_TALK = ["Send Letter", "Find Address", "Decide Unclear"];
	const word = (value) => __(value, null, "Collection Task");

	frappe.ui.form.on("Collection Task", {
		setup(frm) {
			frm.set_query("sales_invoice", "items", () => ({
				filters: {
					customer: frm.doc.customer,
					company: frm.doc.company,
					docstatus: 1,
					is_return: 0,
					outstanding_amount: [">", 0],
				},
			}));
		},
		async refresh(frm) {
			frm.set_intro("");
			frm.toggle_enable("items", frm.is_new());
			frm.toggle_display(["section_call", "call_sheet"], !frm.is_new());
			if (frm.is_new()) return;
			say_how_it_stands(frm);
			show_call_sheet(frm);
			if (frm.doc.status !== "Open") return;
			const { name } = frm.doc;
			const may_log = await frappe.xcall(`${API}.may_log`, { task: name });
			if (!may_log || frm.doc.name !== name || frm.doc.status !== "Open") return;
			add_buttons(frm);
		},
	});

	function say_how_it_stands(frm) {
		const { status, outcome, end_reason, reason } = frm.doc;
		if (status === "Cancelled") frm.set_intro(credit.esc(end_reason || ""), "orange");
		else if (status === "Done") frm.set_intro(credit.esc(word(outcome)), "green");
		else if (reason) frm.set_intro(credit.esc(reason), "blue");
	}

	// ---------------------------------------------------------------- one click
	function add_buttons(frm) {
		if (WITHOUT_TALK.includes(frm.doc.kind)) {
			frm.add_custom_button(__("Carried out"), () => ask(frm, "Carried Out")).addClass("btn-primary");
		} else {
			frm.add_custom_button(__("Log contact"), () => ask(frm)).addClass("btn-primary");
			frm.add_custom_button(__("Not reached"), () => log(frm, { outcome: "Not Reached" }));
		}
		if (frappe.perm.has_perm("Collection Task", 0, "write", frm.doc))
			frm.add_custom_button(__("Cancel task"), () => cancel(frm));
	}

	const ask = (frm, outcome = "") =>
		credit.ask_contact({
			outcome,
			is_talk: !WITHOUT_TALK.includes(frm.doc.kind),
			invoices: (frm.doc.items || []).map((row) => row.sales_invoice),
			currency: frm.doc.currency,
			log: (args) => log(frm, args),
		});

	async function log(frm, args) {
		const call = { method: `${API}.log_contact`, args: { task: frm.doc.name, ...args }, freeze: true };
		const made = (await frappe.call(call)).message;
		credit.say_what_was_made(made);
		await frm.reload_doc();
	}

	function cancel(frm) {
		frappe.prompt(
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
			async ({ reason }) => {
				await frappe.xcall(`${API}.cancel_task`, { task: frm.doc.name, reason });
				await frm.reload_doc();
			},
			__("Cancel task"),
			__("Cancel task")
		);
	}

	// ---------------------------------------------------------------- what to say, and what was said
	async function show_call_sheet(frm) {
		const { name, customer, company, items = [] } = frm.doc;
		const sheet = await frappe.xcall(`${API}.call_sheet`, {
			customer,
			company,
			invoices: items.map((row) => row.sales_invoice),
		});
		if (frm.doc.name !== name) return;
		frm.get_field("call_sheet").$wrapper.html(credit.call_sheet_html(sheet));
	}
})();
