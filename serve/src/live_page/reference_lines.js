// Published numbers to compare with, each with its source and year. They are industry-wide: all companies together, so one
// company's stream lies far below them. No claim is made that they are right; the source is named so that it can be asked.

export const VISITS = {
  per_week: 15 * 12 / 52,
  text: "All companies together: about 15 in-person visits per HCP and month, that is 3.5 a week",
  source: "IQVIA ChannelDynamics Global Reference 2025, 36 countries; industry-wide",
};

export const ACCESS = {
  text: "Share of HCPs who see more than 70 % of the reps who call: 47 % in 2015",
  source: "ZS AccessMonitor 2015, US; industry-wide",
};
