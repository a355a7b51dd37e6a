// Contract: how it stands, what may be done next, and by whom. The server decides; the buttons follow it.
(() => {
	const API = "b2b_contracts.contracts_api";
	const credit = b2b_contracts.credit;
	const FROM_TYPE = [
		"duration_type",
		"initial_months",
		"second_period_months",
		"renewal_months",
		"notice_period",
		"notice_unit",
		"internal_lead_days",
		"renegotiation_days",
		"confidentiality_years",
	];
	const FIRST = ["Request", "Draft"];
	const WITH_REASON = ["send_back", "reject", "reopen"];
	const PRIMARY = ["take_up", "send_for_review", "approve", "send_for_signature", "sign"];
	const word = (value) => __(value, null, "B2B Contract");
	const day = (value) => frappe.datetime.str_to_user(value);

	frappe.ui.form.on("B2B Contract", {
		setup(frm) {
			frm.set_query("parent_contract", () => ({
				filters: { customer: frm.doc.customer, company: frm.doc.company, docstatus: 1 },
			}));
			frm.set_query("contract_type", () => ({ filters: { disabled: 0 } }));
			for (const field of ["contract_owner", "account_manager", "escalation_user"])
				frm.set_query(field, () => ({ filters: { enabled: 1, user_type: "System User" } }));
		},
		async refresh(frm) {
			frm.set_intro("");
			frm.set_df_property("status", "read_only", frm.is_new() ? 0 : 1);
			frm.set_df_property("status", "options", frm.is_new() ? FIRST : all_states());
			settle_terms(frm);
			never_submit(frm);
			if (frm.is_new()) return;
			frm.add_custom_button(__("History"), () =>
				frappe.set_route("List", "Contract Event", { contract: frm.doc.name })
			);
			const { name, modified } = frm.doc;
			const { steps, outlook } = await frappe.xcall(`${API}.contract_steps`, { contract: name });
			if (frm.doc.name !== name || frm.doc.modified !== modified) return;
			say_how_it_stands(frm, outlook);
			for (const row of steps) add_button(frm, row, outlook);
		},
		contract_type: take_terms,
		async customer(frm) {
			if (!frm.is_new() || !frm.doc.customer) return;
			const fields = ["account_manager", "default_currency"];
			const { message } = await frappe.db.get_value("Customer", frm.doc.customer, fields);
			if (message.account_manager) frm.set_value("account_manager", message.account_manager);
			await take_currency(frm, message.default_currency);
		},
		async company(frm) {
			if (!frm.is_new() || !frm.doc.customer) return;
			const { message } = await frappe.db.get_value("Customer", frm.doc.customer, "default_currency");
			await take_currency(frm, message.default_currency);
		},
	});

	// What the server refuses to change from review on is not offered either.
	function settle_terms(frm) {
		const settled = !frm.is_new() && !FIRST.includes(frm.doc.status);
		for (const df of frm.meta.fields)
			if (df.label && df.fieldname !== "status" && !df.allow_on_submit && !df.read_only)
				frm.set_df_property(df.fieldname, "read_only", settled ? 1 : 0);
	}

	// Who may keep up a signed contract has Frappe's right to submit, and would be offered what is refused.
	function never_submit(frm) {
		frm.toolbar.can_submit = () => false;
		frm.toolbar.set_primary_action(true);
	}

	function all_states() {
		return frappe.meta.get_docfield("B2B Contract", "status").options;
	}

	// A user's default would fill in a currency that nobody looked at.
	async function take_currency(frm, of_customer) {
		const company = frm.doc.company && (await frappe.db.get_value("Company", frm.doc.company, "default_currency"));
		const currency = of_customer || (company && company.message.default_currency);
		if (currency) frm.set_value("currency", currency);
	}

	async function take_terms(frm) {
		if (!frm.is_new() || !frm.doc.contract_type) return;
		const kind = await frappe.db.get_doc("Contract Type", frm.doc.contract_type);
		for (const field of FROM_TYPE) await frm.set_value(field, kind[field]);
		frm.clear_table("compliance");
		for (const row of kind.controls || [])
			frm.add_child("compliance", { control: row.control, is_required: row.is_required });
		frm.refresh_field("compliance");
	}

	function say_how_it_stands(frm, outlook) {
		const { status, signed_on, start_date, terminated_on, notice_deadline, last_date_to_act } = frm.doc;
		const today = frappe.datetime.get_today();
		if (status === "Out for Signature" && signed_on)
			frm.set_intro(__("Signed on {0}. It starts on {1}.", [day(signed_on), day(start_date)]), "blue");
		else if (status === "Terminated" || status === "Expired") return;
		else if (terminated_on) frm.set_intro(__("It ends on {0}.", [day(terminated_on)]), "orange");
		else if (outlook && !outlook.in_time) frm.set_intro(credit.esc(outlook.text), "red");
		else if (outlook && last_date_to_act)
			frm.set_intro(
				__("Act by {0}: notice can be given until {1}. {2}", [
					day(last_date_to_act),
					day(notice_deadline),
					credit.esc(outlook.text),
				]),
				last_date_to_act < today ? "orange" : "blue"
			);
	}

	function add_button(frm, { step, label, why_not }, outlook) {
		const run = () => (why_not ? frappe.msgprint({ title: label, message: credit.esc(why_not), indicator: "orange" }) : act(frm, step, label, outlook));
		const button = frm.add_custom_button(label, run);
		if (why_not) button.addClass("text-muted").attr("title", why_not);
		else if (PRIMARY.includes(step)) button.addClass("btn-primary");
	}

	function act(frm, step, label, outlook) {
		if (frm.is_dirty()) return frappe.msgprint(__("Save the contract first."));
		if (step === "sign") return sign(frm, label);
		if (step === "terminate") return terminate(frm, label, outlook);
		if (step === "renew") return renew(frm, label);
		if (step === "renegotiate")
			return ask_reason(label, (values) => call(frm, "decide_renewal", { decision: "Renegotiate", ...values }));
		if (step === "end_renewal") return ask_reason(label, (values) => call(frm, "end_renegotiation", values));
		if (WITH_REASON.includes(step)) return ask_reason(label, (values) => call(frm, "take_step", { step, ...values }));
		frappe.confirm(__("{0}: {1}?", [label, credit.esc(frm.doc.title)]), () => call(frm, "take_step", { step }));
	}

	async function call(frm, method, values) {
		await frappe.xcall(`${API}.${method}`, { contract: frm.doc.name, ...values });
		frm.reload_doc();
	}

	function ask_reason(label, then, more = []) {
		const reason = { fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 };
		frappe.prompt([...more, reason], then, label, label);
	}

	function sign(frm, label) {
		const rows = (frm.doc.signatories || []).map((row) => row.signs_for);
		const missing = ["Us", "Customer"].filter((side) => !rows.includes(side));
		const names = { Us: __("Signed for us by"), Customer: __("Signed for the customer by") };
		frappe.prompt(
			[
				{ fieldname: "signed_on", fieldtype: "Date", label: __("Signed on"), default: frappe.datetime.get_today(), reqd: 1 },
				...missing.map((side) => ({ fieldname: side.toLowerCase(), fieldtype: "Data", label: names[side], reqd: 1 })),
				{ fieldname: "signed_file", fieldtype: "Attach", label: __("Signed file"), reqd: 1 },
			],
			(values) =>
				call(frm, "record_signing", {
					signed_on: values.signed_on,
					signed_file: values.signed_file,
					signatories: missing.map((side) => ({ signatory_name: values[side.toLowerCase()], signs_for: side })),
				}),
			label,
			label
		);
	}

	function renew(frm, label) {
		const fixed = frm.doc.duration_type === "Fixed";
		const new_end = { fieldname: "new_end", fieldtype: "Date", label: __("New end"), reqd: frm.doc.renewal_months ? 0 : 1 };
		ask_reason(label, (values) => call(frm, "decide_renewal", { decision: "Renew", ...values }), fixed ? [new_end] : []);
	}

	function terminate(frm, label, outlook) {
		const kinds = ["For Convenience", "For Cause", "Received from Customer"];
		ask_reason(label, (values) => call(frm, "terminate_contract", values), [
			{ fieldname: "says", fieldtype: "HTML", options: `<p class="text-muted">${credit.esc(outlook.text)}</p>` },
			{
				fieldname: "kind",
				fieldtype: "Select",
				label: __("Termination"),
				options: kinds.map((value) => ({ value, label: word(value) })),
				default: kinds[0],
				reqd: 1,
			},
			{
				fieldname: "given_on",
				fieldtype: "Date",
				label: __("Notice given or received on"),
				default: frappe.datetime.get_today(),
				reqd: 1,
			},
			{
				fieldname: "ends_on",
				fieldtype: "Date",
				label: __("Ends on"),
				depends_on: 'eval:doc.kind === "For Cause"',
				description: __("Empty = at once."),
			},
			{ fieldname: "document", fieldtype: "Attach", label: __("Notice") },
		]);
	}
})();
