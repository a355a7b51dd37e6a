// Security Instrument: says whether it counts and why not, and offers the steps that it can take now.
(() => {
	const API = "b2b_contracts.securities_api.";

	frappe.ui.form.on("Security Instrument", {
		setup(frm) {
			const mine = () => ({ customer: frm.doc.customer, company: frm.doc.company });
			frm.set_query("credit_hold", () => ({ filters: mine() }));
			frm.set_query("instrument_type", () => ({ filters: { disabled: 0 } }));
			frm.set_query("insurance_policy", () => ({
				filters: { company: frm.doc.company, status: ["!=", "Ended"] },
			}));
			frm.set_query("replaces", () => ({
				filters: { ...mine(), docstatus: 1, status: ["in", ["In Force", "Expired"]] },
			}));
			frm.set_query("reference_name", "documents", () => ({
				filters: { ...mine(), docstatus: ["<", 2] },
			}));
		},
		async refresh(frm) {
			frm.set_intro("");
			if (frm.is_new()) return;
			const status = await frappe.xcall(`${API}security_status`, { security: frm.doc.name });
			say_whether_it_counts(frm, status);
			if (status.may_write) add_steps(frm, status);
		},
		async instrument_type(frm) {
			if (!frm.doc.instrument_type || !frm.is_new()) return;
			const kind = await frappe.db.get_doc("Security Type", frm.doc.instrument_type);
			await frm.set_value({
				cover_percent: kind.cover_percent,
				haircut_percent: kind.haircut_percent,
				claim_period_days: kind.claim_period_days,
				direction: kind.direction,
				registration_needed: kind.registration_needed,
			});
			const description = kind.description ? __(kind.description) : "";
			frm.get_field("instrument_type").set_description(description);
			frm.toggle_display("recourse", Boolean(kind.sells_debts));
		},
		async insurance_policy(frm) {
			if (!frm.doc.insurance_policy || !frm.is_new()) return;
			const policy = await frappe.db.get_doc("Insurance Policy", frm.doc.insurance_policy);
			await frm.set_value({
				limit_basis: frm.doc.limit_basis || "Named",
				issuer: policy.insurer,
				issuer_rating: policy.issuer_rating,
				currency: policy.currency,
				cover_percent: policy.cover_percent,
				deductible: policy.deductible,
				expiry_date: policy.period_to,
				document: policy.document,
			});
		},
	});

	function say_whether_it_counts(frm, status) {
		if (frm.doc.docstatus === 2 || ["Released", "Replaced"].includes(frm.doc.status)) return;
		const until = frappe.datetime.str_to_user(status.latest_due);
		if (frm.doc.docstatus === 0) {
			frm.set_intro(__("Not in force yet: submit it once the signed document is here."), "orange");
		} else if (status.counts) {
			frm.set_intro(__("Counts today. What it covers is due by {0} at the latest.", [until]), "green");
		} else {
			frm.set_intro(__("Does not count today: {0}", [status.why_not]), "red");
		}
	}

	const STEPS = {
		claim: [
			() => __("Claim"),
			"claim_security",
			(frm) => [
				{
					fieldname: "amount",
					fieldtype: "Currency",
					label: __("Amount"),
					default: frm.doc.amount,
					options: "currency",
					reqd: 1,
				},
				reason(),
			],
		],
		withdraw_claim: [() => __("Withdraw claim"), "withdraw_security_claim", () => [reason()]],
		extend: [
			() => __("Extend"),
			"extend_security",
			() => [
				{ fieldname: "expiry_date", fieldtype: "Date", label: __("New expiry date"), reqd: 1 },
				{ fieldname: "document", fieldtype: "Attach", label: __("Document") },
			],
		],
		release: [() => __("Release", null, "Security Instrument"), "release_security", () => [reason()]],
		take_back: [() => __("Take release back"), "take_back_security_release", () => [reason()]],
	};
	const NEEDS_MANDATE = ["release", "take_back"];

	function reason() {
		return { fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 };
	}

	function add_steps(frm, status) {
		if (frm.doc.docstatus === 0 && frm.doc.status === "Requested") {
			frm.add_custom_button(__("Mark as received"), async () => {
				await frm.set_value("status", "Received");
				await frm.save();
			});
		}
		for (const step of status.steps.filter((name) => STEPS[name])) {
			const [label, method, fields] = STEPS[step];
			frm.add_custom_button(label(), () => {
				if (NEEDS_MANDATE.includes(step) && !status.may_release) {
					frappe.msgprint({ title: __("Not within your mandate"), message: status.why_not_release });
					return;
				}
				frappe.prompt(
					fields(frm),
					async (values) => {
						await frappe.xcall(`${API}${method}`, { security: frm.doc.name, ...values });
						frm.reload_doc();
					},
					label(),
					label()
				);
			});
		}
	}
})();
