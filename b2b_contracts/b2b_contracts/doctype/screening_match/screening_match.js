// A match: who it is and who is listed, side by side, and what a Compliance Officer says to it.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.sanctions_api";

	frappe.ui.form.on("Screening Match", {
		refresh(frm) {
			frm.disable_save();
			say_how_it_stands(frm);
			compare(frm);
			const { why_not_cleared, why_not_confirmed } = frm.doc.__onload || {};
			if (why_not_cleared === null)
				frm.add_custom_button(__("Clear", null, "Screening Match"), () => clear(frm)).addClass("btn-primary");
			if (why_not_confirmed === null)
				frm.add_custom_button(__("Confirm", null, "Screening Match"), () => confirm(frm));
		},
	});

	function say_how_it_stands(frm) {
		const { status, __onload } = frm.doc;
		const [text, colour] = {
			Open: [__("Orders and goods of the customer are stopped until this is decided."), "red"],
			Confirmed: [__("The customer is on the list: its orders and goods are stopped."), "red"],
			Cleared: [__("The customer is somebody else. It is looked at again when something new matches."), "green"],
			Ended: [__("The entry is not on an active list any more."), "blue"],
		}[status];
		frm.set_intro("");
		const why_not = status === "Open" && __onload?.why_not_cleared;
		frm.set_intro(why_not ? `${text} ${credit.esc(why_not)}` : text, colour);
	}

	function compare(frm) {
		frm.toggle_display("customer_name", false);
		const rows = (frm.doc.__onload?.compared || []).map(
			({ label, customer, entry }) =>
				`<tr><td class="text-muted">${credit.esc(label)}</td><td>${credit.esc(customer)}</td><td>${credit.esc(
					entry
				)}</td></tr>`
		);
		frm.get_field("comparison").$wrapper.html(
			`<table class="table b2b-credit__table"><thead><tr><th></th><th>${__("Customer")}</th><th>${__(
				"Listed as"
			)}</th></tr></thead><tbody>${rows.join("")}</tbody></table>`
		);
	}

	const clear = (frm) =>
		credit.ask_reason({
			title: __("Clear the match"),
			label: __("Why the customer is somebody else"),
			description: __("Kept with the match; sellers do not read it. What waits for the customer is looked at again."),
			method: `${API}.clear_match`,
			args: { match: frm.doc.name },
			primary_label: __("Clear", null, "Screening Match"),
			done: () => frm.reload_doc(),
		});

	const confirm = (frm) =>
		credit.ask_reason({
			title: __("Confirm the match"),
			label: __("Why the customer is who is listed"),
			description: __("Kept with the match; sellers do not read it. The customer stays stopped."),
			method: `${API}.confirm_match`,
			args: { match: frm.doc.name },
			primary_label: __("Confirm", null, "Screening Match"),
			done: () => frm.reload_doc(),
		});
})();
