// What is asked for a step of a contract's life, by its form and by the renewal pipeline alike.
frappe.provide("b2b_contracts.contracts");

(() => {
	const word = (value) => __(value, null, "B2B Contract");

	// Asks for a reason, and for more where it takes more; `then` gets the values, `left` is called when nothing was decided.
	function ask_reason(label, then, more = [], left = null) {
		const reason = { fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 };
		let answered = false;
		const dialog = new frappe.ui.Dialog({
			title: label,
			fields: [...more, reason],
			primary_action_label: label,
			primary_action(values) {
				answered = true;
				dialog.hide();
				then(values);
			},
		});
		dialog.onhide = () => !answered && left && left();
		dialog.show();
		return dialog;
	}

	// Asks what a decision about a renewal, or a notice, takes: `{step, label, duration_type, renewal_months, outlook}`.
	function ask_step({ step, label, name, duration_type, renewal_months, outlook }, then, left = null) {
		if (step === "terminate") {
			const dialog = ask_reason(label, then, notice_fields(outlook), left);
			if (name && b2b_contracts.contracts.show_preview) {
				dialog.set_secondary_action_label(__("Show the letter"));
				dialog.set_secondary_action(() => b2b_contracts.contracts.show_preview(name, dialog.get_values(true)));
			}
			return dialog;
		}
		const new_end = {
			fieldname: "new_end",
			fieldtype: "Date",
			label: __("New end"),
			reqd: renewal_months ? 0 : 1,
			description: renewal_months ? __("Empty = longer by {0} months.", [renewal_months]) : "",
		};
		const is_until_a_day = step === "renew" && duration_type === "Fixed";
		return ask_reason(label, then, is_until_a_day ? [new_end] : [], left);
	}

	function notice_fields(outlook) {
		const kinds = ["For Convenience", "For Cause", "Received from Customer"];
		const says = outlook ? b2b_contracts.credit.esc(outlook.text) : "";
		return [
			{ fieldname: "says", fieldtype: "HTML", options: `<p class="text-muted">${says}</p>` },
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
			{
				fieldname: "cause",
				fieldtype: "Small Text",
				label: __("Cause, as the letter names it"),
				depends_on: 'eval:doc.kind === "For Cause"',
				mandatory_depends_on: 'eval:doc.kind === "For Cause" && !doc.document',
			},
			{
				fieldname: "document",
				fieldtype: "Attach",
				label: __("Notice"),
				description: __("Only what you wrote yourself, or what came in. Else the letter is written for you."),
			},
		];
	}

	Object.assign(b2b_contracts.contracts, { ask_reason, ask_step });
})();
