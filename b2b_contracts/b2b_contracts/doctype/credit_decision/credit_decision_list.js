// The decision log, newest first, and a check that nothing in it was changed.
(() => {
	const credit = b2b_contracts.credit;
	const PROBLEMS = {
		changed: () => __("a decision was changed"),
		missing: () => __("a decision is missing"),
		inserted: () => __("a decision was inserted"),
		cut_off: () => __("the newest decisions are cut off"),
	};

	frappe.listview_settings["Credit Decision"] = {
		add_fields: ["outcome", "kind", "mode", "amount", "company"],
		hide_name_column: true,
		get_indicator(doc) {
			const colour =
				credit.STATUS_COLOUR[doc.outcome] ||
				{ Refused: "red", Lifted: "blue" }[doc.outcome] ||
				"gray";
			return [__(doc.outcome), colour, `outcome,=,${doc.outcome}`];
		},
		onload(listview) {
			set_columns(listview);
			if (!frappe.model.can_export("Credit Decision")) return;
			listview.page.add_inner_button(__("Verify log"), async () =>
				tell((await credit.act("verify_log")) || [])
			);
		},
	};

	// The outcome is the status already.
	function set_columns(listview) {
		if (listview.list_view_settings?.fields) return; // chosen by somebody
		const fixed = listview.columns.filter(
			(column) => column.type === "Subject" || column.type === "Status"
		);
		const fields = ["customer", "kind", "amount", "decided_on"].map((fieldname) => ({
			type: "Field",
			df: frappe.meta.get_docfield("Credit Decision", fieldname),
		}));
		listview.columns = [...fixed, ...fields];
		listview.render_header(true);
	}

	function tell(reports) {
		if (!reports.length) {
			frappe.msgprint({
				title: __("Decision log verified"),
				message: __("No decision was changed, removed or inserted."),
				indicator: "green",
			});
			return;
		}
		const rows = reports.flatMap((report) =>
			report.problems.map(
				(problem) =>
					`<li>${credit.esc(report.gate)}, ${__("decision {0}", [
						cint(problem.sequence),
					])}: ${credit.esc(PROBLEMS[problem.kind]?.() || problem.kind)} ${
						problem.name ? credit.link("Credit Decision", problem.name) : ""
					}</li>`
			)
		);
		frappe.msgprint({
			title: __("The decision log does not hold"),
			message: `<ul>${rows.join("")}</ul>`,
			indicator: "red",
		});
	}
})();
