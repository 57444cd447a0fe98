/** RFC 2132 §9.6, and those of RFC 3203, 4388, 6926 and 7724 so that a stranger's message has a name. */
export const messageTypes = {
  1: "DHCPDISCOVER",
  2: "DHCPOFFER",
  3: "DHCPREQUEST",
  4: "DHCPDECLINE",
  5: "DHCPACK",
  6: "DHCPNAK",
  7: "DHCPRELEASE",
  8: "DHCPINFORM",
  9: "DHCPFORCERENEW",
  10: "DHCPLEASEQUERY",
  11: "DHCPLEASEUNASSIGNED",
  12: "DHCPLEASEUNKNOWN",
  13: "DHCPLEASEACTIVE",
  14: "DHCPBULKLEASEQUERY",
  15: "DHCPLEASEQUERYDONE",
  16: "DHCPACTIVELEASEQUERY",
  17: "DHCPLEASEQUERYSTATUS",
  18: "DHCPTLS",
} as const;

export type MessageType = (typeof messageTypes)[keyof typeof messageTypes];
