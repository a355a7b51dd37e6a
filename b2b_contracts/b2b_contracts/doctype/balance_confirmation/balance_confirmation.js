// Balance Confirmation: enter an answer on paper, and decide whether a confirmed balance acknowledges the debt.
(() => {
	const API = "b2b_contracts.statements_api";
	const MAY_ANSWER = ["Sent", "No Answer"];

	frappe.ui.form.on("Balance Confirmation", {
		refresh(frm) {
			if (frm.doc.pdf) frm.add_custom_button(__("Open PDF"), () => window.open(encodeURI(frm.doc.pdf)));
			if (!frm.perm[0]?.write) return;
			if (MAY_ANSWER.includes(frm.doc.status))
				frm.add_custom_button(__("Enter answer on paper"), () => enter(frm));
			if (frm.doc.status === "Confirmed" && frm.doc.acknowledges_debt === "Undecided")
				offer_to_decide(frm);
		},
	});

	function enter(frm) {
		const differs = "eval:doc.answer === 'Differs'";
		const amounts = frm.doc.amounts.map((row) => ({
			fieldname: `amount_${row.currency}`,
			fieldtype: "Float",
			precision: "2",
			label: __("By the customer's books ({0})", [row.currency]),
			depends_on: differs,
			mandatory_depends_on: differs,
		}));
		frappe.prompt(
			[
				{
					fieldname: "answer",
					fieldtype: "Select",
					label: __("Answer"),
					options: ["Confirmed", "Differs"].map((value) => ({
						value,
						label: __(value, null, "Balance Confirmation"),
					})),
					reqd: 1,
				},
				...amounts,
				{
					fieldname: "comment",
					fieldtype: "Small Text",
					label: __("What differs"),
					depends_on: differs,
					mandatory_depends_on: differs,
				},
				{ fieldname: "name_given", fieldtype: "Data", label: __("Signed by"), reqd: 1 },
				{ fieldname: "evidence", fieldtype: "Attach", label: __("Answer on paper"), reqd: 1 },
			],
			async (values) => {
				const theirs = {};
				for (const row of frm.doc.amounts) theirs[row.currency] = values[`amount_${row.currency}`] || 0;
				await frappe.xcall(`${API}.record_balance_answer`, {
					confirmation: frm.doc.name,
					answer: values.answer,
					name_given: values.name_given,
					evidence: values.evidence,
					comment: values.comment || "",
					amounts: JSON.stringify(values.answer === "Differs" ? theirs : {}),
				});
				frm.reload_doc();
			},
			__("Enter answer on paper"),
			__("Enter")
		);
	}

	async function offer_to_decide(frm) {
		const { name } = frm.doc;
		const why_not = await frappe.xcall(`${API}.why_not_decide_acknowledgement`, { confirmation: name });
		if (why_not || frm.doc.name !== name) return;
		frm.add_custom_button(__("Acknowledges the debt"), () => decide(frm, 1), __("Limitation"));
		frm.add_custom_button(__("Does not acknowledge it"), () => decide(frm, 0), __("Limitation"));
	}

	function decide(frm, acknowledges) {
		frappe.prompt(
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Why"), reqd: 1 },
			async ({ reason }) => {
				await frappe.xcall(`${API}.decide_acknowledgement`, {
					confirmation: frm.doc.name,
					acknowledges,
					reason,
				});
				frm.reload_doc();
			},
			acknowledges ? __("Acknowledges the debt") : __("Does not acknowledge it"),
			__("Decide")
		);
	}
})();
