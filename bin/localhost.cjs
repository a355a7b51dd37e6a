// Names below .localhost are this machine (RFC 6761). Browsers know that, but not every resolver does,
// and Frappe's realtime server asks the site by its name who a visitor is.
const dns = require("dns");

const lookup = dns.lookup;
dns.lookup = function (hostname, ...rest) {
	return lookup.call(this, /\.localhost$/i.test(hostname) ? "127.0.0.1" : hostname, ...rest);
};
