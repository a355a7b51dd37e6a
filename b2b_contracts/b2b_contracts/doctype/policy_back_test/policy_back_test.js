// Policy Back-test: run it, watch it, and see what it found.
(() => {
	const credit = b2b_contracts.credit;
	const MONTHS = 24;
	const SECONDS_BETWEEN_QUESTIONS = 3;
	const UNDER_WAY = ["Queued", "Running"];
	const COLOUR = credit.BACK_TEST_COLOUR;
	// What the panel says already.
	const TOLD = ["status", "progress", "step", "error"];
	let listens = false;

	frappe.ui.form.on("Policy Back-test", {
		setup(frm) {
			for (const letter of ["a", "b"]) {
				frm.set_query(`policy_${letter}`, () => ({ filters: { company: frm.doc.company } }));
				frm.set_query(`version_${letter}`, () => ({
					filters: { policy: frm.doc[`policy_${letter}`] },
				}));
			}
			listen();
		},
		onload(frm) {
			if (!frm.is_new() || frm.doc.from_date) return;
			const until = frm.doc.to_date || frappe.datetime.get_today();
			frm.set_value("from_date", frappe.datetime.add_months(until, -MONTHS));
		},
		refresh(frm) {
			frm.toggle_display(TOLD, false);
			frm.toggle_display("held_b", Boolean(frm.doc.terms_b));
			say_versions(frm);
			add_buttons(frm);
			draw(frm);
			ask_again(frm);
		},
		company(frm) {
			for (const letter of ["a", "b"]) frm.set_value(`policy_${letter}`, null);
		},
		policy_a: (frm) => frm.set_value("version_a", null),
		policy_b: (frm) => frm.set_value("version_b", null),
		version_a: (frm) => say_versions(frm),
		version_b: (frm) => say_versions(frm),
	});

	// A version's name says nothing to anybody.
	async function say_versions(frm) {
		for (const letter of ["a", "b"]) {
			const field = `version_${letter}`;
			const name = frm.doc[field];
			const found = name
				? await frappe.db.get_value("Credit Policy Version", name, ["version", "changed_on"])
				: null;
			if (frm.doc[field] !== name) return;
			const about = found?.message?.version
				? __("Version {0}, of {1}", [
						found.message.version,
						frappe.datetime.str_to_user(found.message.changed_on),
				  ])
				: __("Empty = the newest when the back-test is run.");
			frm.set_df_property(field, "description", about);
		}
	}

	// ------------------------------------------------------------------ buttons
	function add_buttons(frm) {
		if (frm.is_new()) return;
		const { status, workbook } = frm.doc;
		const may_write = frm.perm[0]?.write;
		if (may_write && !UNDER_WAY.includes(status) && status !== "Completed") {
			frm.add_custom_button(__("Run back-test"), () => run(frm));
			frm.change_custom_button_type(__("Run back-test"), null, "primary");
		}
		if (may_write && UNDER_WAY.includes(status)) {
			frm.add_custom_button(__("Cancel run"), () => call(frm, "cancel_back_test"));
		}
		if (workbook) {
			frm.add_custom_button(__("Download workbook"), () => window.open(encodeURI(workbook)));
		}
		if (status === "Completed" && frappe.model.can_create(frm.doctype)) {
			frm.add_custom_button(__("Duplicate"), () => frm.copy_doc());
		}
	}

	async function run(frm) {
		if (frm.is_dirty()) await frm.save();
		await call(frm, "start_back_test");
	}

	async function call(frm, method) {
		try {
			await frappe.xcall(`b2b_contracts.backtest_api.${method}`, { name: frm.doc.name });
		} finally {
			frm.reload_doc();
		}
	}

	// ------------------------------------------------------------------ how far it is
	function listen() {
		if (listens) return;
		listens = true;
		frappe.realtime.on("b2b_back_test", (news) => hear(news.name, news));
	}

	// Realtime may be down: ask as well, as long as somebody looks.
	function ask_again(frm) {
		clearTimeout(frm.b2b_asking);
		if (!UNDER_WAY.includes(frm.doc.status)) return;
		const { name } = frm.doc;
		frm.b2b_asking = setTimeout(async () => {
			if (cur_frm !== frm || frm.doc.name !== name) return;
			const news = await credit.post("b2b_contracts.backtest_api.back_test_state", { name });
			if (news) hear(name, news);
			ask_again(frm);
		}, 1000 * SECONDS_BETWEEN_QUESTIONS);
	}

	function hear(name, news) {
		const frm = cur_frm;
		if (frm?.doctype !== "Policy Back-test" || frm.doc.name !== name) return;
		if (news.status !== frm.doc.status) {
			if (!frm.is_dirty()) frm.reload_doc();
			return;
		}
		Object.assign(frm.doc, { progress: news.progress, step: news.step });
		frm.layout.wrapper.find(".b2b-back-test").replaceWith(progress_html(frm.doc));
	}

	// ------------------------------------------------------------------ panel
	function draw(frm) {
		frm.layout.wrapper.find(".b2b-back-test").remove();
		if (frm.is_new() || frm.doc.status === "Draft") return;
		const $panel = $(progress_html(frm.doc));
		frm.layout.message.after($panel);
		if (frm.doc.status === "Completed" && frm.doc.result) credit.draw_back_test(frm, $panel);
	}

	function progress_html(doc) {
		const under_way = UNDER_WAY.includes(doc.status);
		const headline = {
			Queued: doc.step,
			Running: doc.step,
			Completed: __("Orders from {0} to {1}", [
				frappe.datetime.str_to_user(doc.from_date),
				frappe.datetime.str_to_user(doc.to_date),
			]),
			Failed: __("Nothing came of this run."),
			Cancelled: __("This run was cancelled."),
		}[doc.status];
		const asides = under_way
			? `<span>${credit.esc(format_number(doc.progress, null, 0))} %</span>`
			: doc.finished_on
			? `<span>${credit.person(doc.started_by)}</span><span>${credit.esc(
					frappe.datetime.str_to_user(doc.finished_on)
			  )}</span>`
			: "";
		const bar = `<div class="b2b-credit__track b2b-credit__track--alone" role="progressbar" aria-valuenow="${cint(
			doc.progress
		)}"><div class="b2b-credit__part--order" style="width: ${flt(doc.progress)}%"></div></div>`;
		return `<section class="b2b-credit b2b-credit--${COLOUR[doc.status]} b2b-back-test">
			<header class="b2b-credit__head">${credit.pill(
				__(doc.status, null, "Policy Back-test"),
				COLOUR[doc.status]
			)}
			<span class="b2b-credit__headline">${credit.esc(headline || "")}</span>
			<span class="b2b-credit__asides">${asides}</span></header>
			${under_way ? bar : ""}${doc.status === "Failed" ? error_html(doc) : ""}</section>`;
	}

	function error_html(doc) {
		const lines = frappe.utils.unescape_html(doc.error || "").split("\n");
		return `<div class="b2b-credit__notes">${lines
			.map((line) => `<p>${credit.esc(line)}</p>`)
			.join("")}</div>`;
	}
})();
