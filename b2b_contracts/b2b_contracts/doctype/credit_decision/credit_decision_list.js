// The decision log, newest first, and a check that nothing in it was changed.
(() => {
	const credit = b2b_contracts.credit;
	const PROBLEMS = {
		changed: () => __("a decision was changed"),
		missing: () => __("a decision is missing"),
		inserted: () => __("a decision was inserted"),
		head_differs: () => __("the end of the chain is not what its gate says"),
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
			return [__(doc.outcome, null, "Credit Decision"), colour, `outcome,=,${doc.outcome}`];
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

	async function verify(heads) {
		tell((await credit.act("verify_log", heads ? { heads } : {})) || []);
	}

	// A file outside the database: against it, cut-off and rewritten ends are found too.
	async function keep_heads() {
		const heads = await credit.act("log_heads");
		const file = new Blob([JSON.stringify(heads)], { type: "application/json" });
		const link = document.createElement("a");
		link.href = URL.createObjectURL(file);
		link.download = `credit-decisions-${frappe.datetime.get_today()}.json`;
		link.click();
		URL.revokeObjectURL(link.href);
	}

	function verify_against_file() {
		const input = $('<input type="file" accept=".json,application/json">');
		input.on("change", async () => {
			const text = await input[0].files[0].text();
			try {
				JSON.parse(text);
			} catch {
				frappe.msgprint(__("This file is not one that “Keep the heads of the chains” has saved."));
				return;
			}
			verify(text);
		});
		input.trigger("click");
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
