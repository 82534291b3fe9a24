/** Where the value of a setting can come from. */
export const settingSources = ["default", "environment", "file", "flag"] as const;
export type SettingSource = (typeof settingSources)[number];

/** A setting as it may be shown to whoever looks after the server. */
export interface ShownSetting {
  readonly name: string;
  readonly flag: string;
  /** As it was written, without the password of an address; `null`: a secret, or nothing. */
  readonly value: string | null;
  readonly isSet: boolean;
  readonly source: SettingSource;
  readonly default: string;
  readonly meaning: string;
}
