// Letters of dunning notices: looked at, printed as one file, and marked when they have left the house.
frappe.provide("b2b_contracts.letters");

(() => {
	const { letters } = b2b_contracts;
	const API = "b2b_contracts.letters_api";
	const BY_POST = ["Letter", "Registered Letter", "Legal Notice"];

	// Of a notice: whether it waits to be printed.
	const waits = ({ status, sent_by_channel }) => status === "Queued" && BY_POST.includes(sent_by_channel);

	letters.print = (names, done) => {
		if (!names.length) return frappe.msgprint(__("Choose the notices whose letters are to be printed."));
		frappe.prompt(
			{
				fieldname: "two_sided",
				fieldtype: "Check",
				label: __("On both sides"),
				description: __("Every letter begins on a new sheet."),
			},
			async ({ two_sided }) => {
				const { file_url, count } = await frappe.xcall(`${API}.print_letters`, {
					names,
					two_sided: Boolean(two_sided),
				});
				if (file_url) return letters.made(names, file_url, done);
				frappe.show_alert({
					message: __("{0} letters are being made. You are told when they are ready.", [count]),
					indicator: "blue",
				});
			},
			__("Print letters"),
			__("Make the file")
		);
	};

	letters.made = (names, file_url, done) => {
		const dialog = new frappe.ui.Dialog({
			title: __("The letters are ready"),
			fields: [
				{
					fieldtype: "HTML",
					fieldname: "link",
					options: `<p><a class="btn btn-default btn-sm b2b-letters-file" href="${encodeURI(file_url)}" target="_blank">${__(
						"Open the file"
					)}</a></p><p>${__(
						"Once they have left the house, mark them as printed: from that day the law counts."
					)}</p>`,
				},
			],
			primary_action_label: __("Mark as printed"),
			primary_action() {
				dialog.hide();
				letters.mark(names, done);
			},
		});
		dialog.show();
	};

	letters.mark = async (names, done) => {
		if (!names.length) return frappe.msgprint(__("Choose the notices whose letters have left the house."));
		const registered = await frappe.db.get_list("Dunning Notice", {
			filters: { name: ["in", names], sent_by_channel: "Registered Letter" },
			fields: ["name", "customer_name", "tracking_number"],
			limit: names.length,
		});
		const dialog = new frappe.ui.Dialog({
			title: __("Mark letters as printed"),
			fields: [
				{
					fieldname: "printed_on",
					fieldtype: "Date",
					label: __("Left the house on"),
					default: frappe.datetime.get_today(),
					reqd: 1,
				},
				...(registered.length ? [tracking_table(registered)] : []),
			],
			primary_action_label: __("Mark as printed"),
			async primary_action({ printed_on, tracking = [] }) {
				const numbers = Object.fromEntries(
					tracking.filter((row) => row.tracking_number).map((row) => [row.notice, row.tracking_number])
				);
				const { count } = await frappe.xcall(`${API}.mark_printed`, {
					names,
					printed_on,
					tracking_numbers: numbers,
				});
				dialog.hide();
				frappe.show_alert({ message: __("Marked as printed: {0}.", [count]), indicator: "green" });
				done?.();
			},
		});
		dialog.show();
	};

	function tracking_table(registered) {
		return {
			fieldname: "tracking",
			fieldtype: "Table",
			label: __("Registered letters"),
			cannot_add_rows: true,
			cannot_delete_rows: true,
			in_place_edit: true,
			data: registered.map((row) => ({
				notice: row.name,
				customer_name: row.customer_name,
				tracking_number: row.tracking_number,
			})),
			fields: [
				{ fieldname: "notice", fieldtype: "Data", label: __("Notice"), in_list_view: 1, read_only: 1 },
				{
					fieldname: "customer_name",
					fieldtype: "Data",
					label: __("Customer"),
					in_list_view: 1,
					read_only: 1,
				},
				{
					fieldname: "tracking_number",
					fieldtype: "Data",
					label: __("Tracking number"),
					in_list_view: 1,
				},
			],
		};
	}

	letters.add_to_form = (frm) => {
		const { name, template } = frm.doc;
		if (!template) return;
		frm.add_custom_button(
			__("Look at it"),
			() => window.open(`/api/method/${API}.letter?name=${encodeURIComponent(name)}`),
			__("Letter")
		);
		// Of a notice that is no longer planned the form itself is read-only.
		if (!frappe.model.can_write("Dunning Notice")) return;
		const reload = () => frm.reload_doc();
		if (waits(frm.doc)) {
			frm.add_custom_button(__("Print"), () => letters.print([name], reload), __("Letter"));
			frm.add_custom_button(__("Mark as printed"), () => letters.mark([name], reload), __("Letter"));
		} else if (frm.doc.printed_on && frm.doc.sent_by_channel === "Registered Letter") {
			frm.add_custom_button(__("Tracking number"), () => letters.mark([name], reload), __("Letter"));
		}
	};

	letters.add_to_list = (list) => {
		const chosen = () => list.get_checked_items(true);
		const refresh = () => list.refresh();
		list.page.add_action_item(__("Print letters"), () => letters.print(chosen(), refresh));
		list.page.add_action_item(__("Mark letters as printed"), () => letters.mark(chosen(), refresh));
		list.page.add_inner_button(__("Letters to print"), () =>
			list.filter_area.clear().then(() =>
				list.filter_area.add([
					["Dunning Notice", "status", "=", "Queued"],
					["Dunning Notice", "sent_by_channel", "in", BY_POST],
				])
			)
		);
	};

	const tell = ({ file_url, message }) => {
		const link = file_url
			? `<a href="${encodeURI(file_url)}" target="_blank">${__("Open the file")}</a>`
			: "";
		const text = file_url ? __("The letters are ready") : frappe.utils.escape_html(message);
		frappe.show_alert({ message: `${text} ${link}`, indicator: file_url ? "green" : "red" }, 15);
	};
	$(document).on("app_ready", () => frappe.realtime.on("b2b_letters", tell));
})();
