// Monthly Pack: ask for it, watch it being made, download it, send it, and have it made anew.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.pack_api";
	const UNDER_WAY = ["Queued", "Running"];
	const SECONDS_BETWEEN_QUESTIONS = 2;

	frappe.ui.form.on("Monthly Pack", {
		setup(frm) {
			frappe.realtime.on("b2b_monthly_pack", (news) => hear(news.name, news));
		},
		onload(frm) {
			if (frm.is_new() && !frm.doc.to_date) frm.set_value("to_date", end_of_last(frm.doc.period));
		},
		period(frm) {
			if (frm.is_new()) frm.set_value("to_date", end_of_last(frm.doc.period));
		},
		refresh(frm) {
			// The panel and the heading say them.
			frm.toggle_display(["status", "title"], false);
			frm.toggle_display("version", !frm.is_new());
			if (frm.is_new()) {
				frm.set_intro(__("Save it, and the pack is made in the background."), "blue");
				return;
			}
			frm.disable_save();
			add_buttons(frm);
			draw(frm);
			ask_again(frm);
		},
	});

	function end_of_last(period) {
		const today = frappe.datetime.get_today();
		const months = period === "Quarter" ? ((Number(today.slice(5, 7)) - 1) % 3) + 1 : 1;
		const day = moment(today).startOf("month").subtract(months - 1, "months").subtract(1, "days");
		return day.format("YYYY-MM-DD");
	}

	// ------------------------------------------------------------------ buttons
	function add_buttons(frm) {
		const { status, file } = frm.doc;
		const may_write = frm.perm[0]?.write;
		if (status === "Completed" && file) {
			frm.add_custom_button(__("Download"), () => window.open(encodeURI(file)));
			frm.change_custom_button_type(__("Download"), null, "primary");
		}
		if (status === "Completed" && may_write) frm.add_custom_button(__("Send"), () => send(frm));
		if (status === "Completed" && frappe.model.can_create(frm.doctype))
			frm.add_custom_button(__("Make anew"), () => make_anew(frm));
		if (status === "Failed" && may_write)
			frm.add_custom_button(__("Try again"), async () => {
				await frappe.xcall(`${API}.try_again`, { name: frm.doc.name });
				frm.reload_doc();
			});
	}

	function send(frm) {
		const dialog = new frappe.ui.Dialog({
			title: __("Send"),
			fields: [
				{
					fieldname: "users",
					fieldtype: "MultiSelectList",
					label: __("Recipients"),
					reqd: 1,
					description: __("Whoever may not see the pack gets nothing; the pack says so."),
					get_data: (text) =>
						frappe.db.get_link_options("User", text, { enabled: 1, user_type: "System User" }),
				},
			],
			primary_action_label: __("Send"),
			primary_action: async ({ users }) => {
				await frappe.xcall(`${API}.send_pack`, { name: frm.doc.name, users: JSON.stringify(users) });
				dialog.hide();
				frappe.show_alert({ message: __("The pack is sent in the background."), indicator: "green" });
				setTimeout(() => cur_frm === frm && frm.reload_doc(), 2000);
			},
		});
		dialog.show();
	}

	function make_anew(frm) {
		frappe.prompt(
			{
				fieldname: "reason",
				fieldtype: "Small Text",
				label: __("Why anew"),
				reqd: 1,
				description: __("This pack stays as it is. The new one is a version of its own, which says why."),
			},
			async ({ reason }) => {
				const made = await frappe.xcall(`${API}.make_anew`, { name: frm.doc.name, reason });
				frappe.set_route("Form", "Monthly Pack", made.name);
			},
			__("Make anew"),
			__("Make pack")
		);
	}

	// ------------------------------------------------------------------ how far it is
	// Realtime may be down: ask as well, as long as somebody looks.
	function ask_again(frm) {
		clearTimeout(frm.b2b_asking);
		if (!UNDER_WAY.includes(frm.doc.status)) return;
		const { name } = frm.doc;
		frm.b2b_asking = setTimeout(async () => {
			if (cur_frm !== frm || frm.doc.name !== name) return;
			hear(name, await frappe.xcall(`${API}.pack_state`, { name }));
			ask_again(frm);
		}, 1000 * SECONDS_BETWEEN_QUESTIONS);
	}

	function hear(name, news) {
		const frm = cur_frm;
		if (frm?.doctype !== "Monthly Pack" || frm.doc.name !== name || !news) return;
		if (news.status !== frm.doc.status) {
			frm.reload_doc();
			return;
		}
		Object.assign(frm.doc, { progress: news.progress, step: news.step });
		frm.layout.wrapper.find(".b2b-pack").replaceWith(panel(frm.doc));
	}

	// ------------------------------------------------------------------ panel
	const COLOUR = { Queued: "blue", Running: "blue", Completed: "green", Failed: "red" };

	async function draw(frm) {
		frm.layout.wrapper.find(".b2b-pack").remove();
		frm.layout.message.after($(panel(frm.doc)));
		if (frm.doc.status !== "Completed") return;
		const { name } = frm.doc;
		const is_same = await frappe.xcall(`${API}.is_unchanged`, { name });
		if (frm.doc.name !== name) return;
		frm.layout.wrapper
			.find(".b2b-pack .b2b-credit__asides")
			.prepend(
				is_same
					? credit.pill(__("Unchanged since it was made"), "green")
					: credit.pill(__("The file is not the one that was made"), "red")
			);
	}

	function panel(doc) {
		const colour = COLOUR[doc.status];
		const headline = {
			Queued: __("Waiting for its turn"),
			Running: doc.step || __("Being made"),
			Completed: __("{0} to {1}", [
				frappe.datetime.str_to_user(doc.from_date),
				frappe.datetime.str_to_user(doc.to_date),
			]),
			Failed: doc.error,
		}[doc.status];
		const under_way = UNDER_WAY.includes(doc.status);
		const asides = under_way
			? `<span>${credit.esc(format_number(doc.progress || 0, null, 0))} %</span>`
			: `<span>${credit.esc(frappe.datetime.str_to_user(doc.finished_on) || "")}</span>`;
		const bar = `<div class="b2b-credit__track b2b-credit__track--alone" role="progressbar" aria-valuenow="${cint(
			doc.progress
		)}"><div class="b2b-credit__part--order" style="width: ${flt(doc.progress)}%"></div></div>`;
		return `<section class="b2b-credit b2b-credit--${colour} b2b-pack">
			<header class="b2b-credit__head">${credit.pill(__(doc.status, null, "Monthly Pack"), colour)}
			<span class="b2b-credit__headline">${credit.esc(headline || "")}</span>
			<span class="b2b-credit__asides">${asides}</span></header>${under_way ? bar : ""}</section>`;
	}
})();
