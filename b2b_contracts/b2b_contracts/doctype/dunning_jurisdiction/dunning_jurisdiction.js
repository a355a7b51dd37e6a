// A jurisdiction: until when its rates are known, and what a rule may be set to.
(() => {
	const API = "b2b_contracts.interest_api";

	frappe.ui.form.on("Dunning Jurisdiction", {
		async refresh(frm) {
			frm.set_intro("");
			if (frm.is_new()) return;
			frm.add_custom_button(__("Reference rates"), () => {
				frappe.set_route("List", "Reference Rate", { jurisdiction: frm.doc.name });
			});
			const { until, percent, is_known } = await frappe.xcall(`${API}.rate_today`, {
				jurisdiction: frm.doc.name,
			});
			if (percent === null) frm.set_intro(__("No rate of interest is known today."), "red");
			else if (!is_known)
				frm.set_intro(
					__("Reference rates are known until {0}. Enter the next one: until then {1} % is carried on.", [
						frappe.datetime.str_to_user(until),
						format_number(percent, null, 2),
					]),
					"orange"
				);
			else
				frm.set_intro(
					__("Interest today: {0} % p.a. Reference rates are known until {1}.", [
						format_number(percent, null, 2),
						frappe.datetime.str_to_user(until),
					]),
					"blue"
				);
		},
	});
})();
