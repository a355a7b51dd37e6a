// Account Statement Run: start it, watch it, and try again what failed.
(() => {
	const API = "b2b_contracts.statements_api";
	const UNDER_WAY = ["Queued", "Running"];
	const SECONDS_BETWEEN_QUESTIONS = 3;

	frappe.ui.form.on("Account Statement Run", {
		refresh(frm) {
			if (frm.is_new()) return;
			const { status } = frm.doc;
			const may_write = frm.perm[0]?.write;
			if (may_write && status === "Draft") {
				frm.add_custom_button(__("Preview"), () => preview(frm));
				primary(frm, __("Start"), () => start(frm));
			}
			if (may_write && status === "Cancelled") primary(frm, __("Go on"), () => start(frm));
			if (may_write && status === "Completed" && frm.doc.failed_count)
				primary(frm, __("Try again what failed"), () => start(frm));
			if (may_write && UNDER_WAY.includes(status))
				frm.add_custom_button(__("Cancel run"), () => call(frm, "cancel_statement_run"));
			if (status !== "Draft")
				frm.add_custom_button(__("Customers"), () =>
					frappe.set_route("List", "Account Statement", { run: frm.doc.name })
				);
			if (frm.doc.print_file)
				frm.add_custom_button(__("Open for printing"), () => window.open(encodeURI(frm.doc.print_file)));
			watch(frm);
		},
	});

	function primary(frm, label, act) {
		frm.add_custom_button(label, act);
		frm.change_custom_button_type(label, null, "primary");
	}

	async function preview(frm) {
		if (frm.is_dirty()) await frm.save();
		const found = await frappe.xcall(`${API}.customers_of_run`, { run: frm.doc.name });
		const names = found.first.map(frappe.utils.escape_html).join("<br>");
		const more = found.count - found.first.length;
		frappe.msgprint({
			title: __("{0} customers", [found.count]),
			message: names + (more > 0 ? `<br>${__("… and {0} more.", [more])}` : ""),
		});
	}

	async function start(frm) {
		if (frm.is_dirty()) await frm.save();
		await call(frm, "start_statement_run");
	}

	async function call(frm, method) {
		await frappe.xcall(`${API}.${method}`, { run: frm.doc.name });
		await frm.reload_doc();
	}

	// Asks again every few seconds for as long as this run is on the screen and under way.
	async function watch(frm) {
		const { name } = frm.doc;
		if (!UNDER_WAY.includes(frm.doc.status)) {
			frm.dashboard.hide_progress();
			return;
		}
		const found = await frappe.xcall(`${API}.statement_run_state`, { run: name });
		if (frm.doc.name !== name || cur_frm !== frm) return;
		if (!UNDER_WAY.includes(found.status)) {
			frm.reload_doc();
			return;
		}
		const done = found.planned - found.left;
		frm.dashboard.show_progress(
			__("Statements"),
			found.planned ? (100 * done) / found.planned : 0,
			__("{0} of {1} customers", [done, found.planned])
		);
		clearTimeout(frm.b2b_watch);
		frm.b2b_watch = setTimeout(() => watch(frm), SECONDS_BETWEEN_QUESTIONS * 1000);
	}
})();
