/** How a command's files may be given, for the help of its argument. @param what the file is */
export const inputDescription = (what: string) =>
	`${what}; "-" reads stdin, gzip is unpacked, a byte order mark is skipped`;

/** What `check`, `compare`, `plan` and `show` read. */
export const reportDescription = inputDescription("a report that `bench` or `replay` saved as JSON");
