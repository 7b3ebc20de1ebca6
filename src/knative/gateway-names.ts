/** What a user gives instead of the gateway's address to have the API server's proxy, where only that can be reached. */
export const viaApiServer = "service-proxy";
