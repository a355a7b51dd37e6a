// Monthly Pack Schedule: what it has made, and what is due now.
frappe.ui.form.on("Monthly Pack Schedule", {
	setup(frm) {
		frm.set_query("user", "recipients", () => ({ filters: { enabled: 1 } }));
	},
	onload(frm) {
		if (frm.is_new() && !frm.doc.since)
			frm.set_value("since", moment(frappe.datetime.get_today()).startOf("month").subtract(1, "days").format("YYYY-MM-DD"));
	},
	refresh(frm) {
		if (frm.is_new()) return;
		const { company, audience, period } = frm.doc;
		frm.add_custom_button(__("Packs"), () =>
			frappe.set_route("List", "Monthly Pack", { company, audience, period })
		);
		if (frm.doc.enabled && frm.perm[0]?.write)
			frm.add_custom_button(__("Make what is due"), async () => {
				const count = await frappe.xcall("b2b_contracts.pack_api.make_due_packs", {
					schedule: frm.doc.name,
				});
				frappe.show_alert({
					message: count
						? __("{0} packs are being made in the background.", [count])
						: __("Nothing is due."),
					indicator: count ? "green" : "blue",
				});
			});
	},
});
