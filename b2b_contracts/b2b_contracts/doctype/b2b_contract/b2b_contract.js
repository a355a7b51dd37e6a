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
	// Steps with a dialog of their own, which the renewal pipeline asks with too.
	const METHOD = {
		renew: ["decide_renewal", { decision: "Renew" }],
		renegotiate: ["decide_renewal", { decision: "Renegotiate" }],
		end_renewal: ["end_renegotiation", {}],
		terminate: ["terminate_contract", {}],
	};
	const PRIMARY = ["take_up", "send_for_review", "approve", "send_for_signature", "sign"];
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
			frm.add_custom_button(
				__("History"),
				() => frappe.set_route("List", "Contract Event", { contract: frm.doc.name }),
				__("View")
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
		const decided = is_running(frm) && !terminated_on && what_is_decided(frm.doc, today);
		if (decided) frm.set_intro(decided.text, decided.colour);
		if (decided?.is_settled) return;
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

	function is_running(frm) {
		return ["Active", "In Renewal"].includes(frm.doc.status);
	}

	// A decision to renew about the period that runs settles it; a fixed contract that was renewed ends later, and is decided again.
	function what_is_decided({ status, renewal_decision, decided_for, decision_reason, end_date }, today) {
		const reason = credit.esc(decision_reason);
		if (status === "In Renewal") return { text: __("It is renegotiated: {0}", [reason]), colour: "purple" };
		if (renewal_decision !== "Renew" || (decided_for && decided_for < today)) return null;
		const until = day(decided_for || end_date);
		return decided_for
			? { text: __("It is decided that it goes on after {0}: {1}", [until, reason]), colour: "green", is_settled: true }
			: { text: __("It was renewed until {0}: {1}", [until, reason]), colour: "green" };
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
		const { ask_step, ask_reason } = b2b_contracts.contracts;
		const method = METHOD[step];
		if (method)
			return ask_step({ ...frm.doc, step, label, outlook }, (values) => call(frm, ...method, values));
		if (WITH_REASON.includes(step)) return ask_reason(label, (values) => call(frm, "take_step", { step }, values));
		frappe.confirm(__("{0}: {1}?", [label, credit.esc(frm.doc.title)]), () => call(frm, "take_step", { step }));
	}

	async function call(frm, method, fixed, values = {}) {
		const answer = await frappe.xcall(`${API}.${method}`, { contract: frm.doc.name, ...fixed, ...values });
		await frm.reload_doc();
		if (answer.letter) b2b_contracts.contracts.show_letter(frm, answer.letter);
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
})();
