/* The events of a votepipe feed; 'make models' writes this from schemas/. */

export type VoteEvent = VoteCast | VoteChanged | VoteSettled | VoteWithdrawn;
/**
 * What the reader answered: text, a number, true or false, null, or a list or object of these. A number is one that a double holds exactly as written; integers lie within ±2^53.
 */
export type Answer =
  | string
  | number
  | boolean
  | null
  | Answer[]
  | {
      [k: string]: Answer;
    };

/**
 * A reader voted for the first time. Members that are not named here may be added within this version.
 */
export interface VoteCast {
  /**
   * The stable id of this event: the stream record's, the same on every attempt. Use it to recognise a second delivery.
   */
  eventID: string;
  /**
   * The detail-type, repeated so that the detail stands alone.
   */
  type: "VoteCast";
  /**
   * When the vote was cast: its `createdAt`, else the time of the write. RFC 3339 in UTC.
   */
  time: string;
  /**
   * The version of this schema. Additions keep it.
   */
  version: 1;
  /**
   * Orders the events of one vote within a `stream`. Compare as integers, never as text; the numbers have gaps and up to 40 digits.
   */
  sequence: string;
  /**
   * The label of the table's stream: when that stream was created. Orders the events of one vote before `sequence`: compare labels as text, an absent one as the lowest, then sequences as integers. A new or restored stream has a later label, and may start at lower numbers.
   */
  stream?: string;
  vote: Vote;
  /**
   * What enrichers added, by the enricher's name; empty when none did.
   */
  enrichment: {
    /**
     * What one enricher added, as its `adds` describes it. It may come from the vote, and counts as personal as a whole.
     */
    [k: string]: unknown;
  };
}
/**
 * The vote, as it stood when the event was made.
 */
export interface Vote {
  /**
   * The widget: the place where the question is asked. The table's hash key.
   */
  widgetId: string;
  /**
   * The vote, unique within its widget. The table's range key.
   */
  voteId: string;
  /**
   * What the reader clicked: 👍 is thumbsup, 👎 is thumbsdown. The list is closed: another value would come with a new version.
   */
  voteType: "thumbsup" | "thumbsdown";
  /**
   * The article or email voted on; absent when it is not known.
   */
  instanceOfJoy?: string;
  /**
   * Who voted, mostly an email address; absent when it is not known.
   */
  voter?: string;
  /**
   * A pseudonym of the reader, on the feed in place of `voter` and never beside it: the same for the same reader as long as its prefix is, which names the key's epoch. Absent when the voter is not known.
   */
  reader?: string;
  /**
   * Every answer so far, by field name, oldest field first; empty before the first answer.
   */
  answers: {
    [k: string]: Answer;
  };
  /**
   * When the vote was cast; absent when the table does not say.
   */
  createdAt?: string;
  /**
   * True once the reader said they are done.
   */
  complete: boolean;
}
/**
 * A reader answered a question, changed their mind, or said they are done. Members that are not named here may be added within this version.
 */
export interface VoteChanged {
  /**
   * The stable id of this event: the stream record's, the same on every attempt. Use it to recognise a second delivery.
   */
  eventID: string;
  /**
   * The detail-type, repeated so that the detail stands alone.
   */
  type: "VoteChanged";
  /**
   * When the change was written. RFC 3339 in UTC.
   */
  time: string;
  /**
   * The version of this schema. Additions keep it.
   */
  version: 1;
  /**
   * Orders the events of one vote within a `stream`. Compare as integers, never as text; the numbers have gaps and up to 40 digits.
   */
  sequence: string;
  /**
   * The label of the table's stream: when that stream was created. Orders the events of one vote before `sequence`: compare labels as text, an absent one as the lowest, then sequences as integers. A new or restored stream has a later label, and may start at lower numbers.
   */
  stream?: string;
  vote: Vote;
  /**
   * What differs from the state before, by path, such as `voteType` or `answers.field_1`. Absent where the state before is not known, or where the event would be too large with it, or where only personal members changed and those are left out.
   */
  changes?: {
    voteType?: Change;
    instanceOfJoy?: Change;
    complete?: Change;
    /**
     * The voter, or an answer.
     */
    [k: string]: Change | undefined;
  };
  /**
   * What enrichers added, by the enricher's name; empty when none did.
   */
  enrichment: {
    /**
     * What one enricher added, as its `adds` describes it. It may come from the vote, and counts as personal as a whole.
     */
    [k: string]: unknown;
  };
}
/**
 * One member before and after; a side is absent where there was nothing.
 */
export interface Change {
  /**
   * The value before.
   */
  from?: unknown;
  /**
   * The value now.
   */
  to?: unknown;
}
/**
 * A vote came to rest: it was quiet for the quiet period, reached the maximum wait, or the reader said they are done. Members that are not named here may be added within this version.
 */
export interface VoteSettled {
  /**
   * The stable id of this event: the stream record's, the same on every attempt. Use it to recognise a second delivery.
   */
  eventID: string;
  /**
   * The detail-type, repeated so that the detail stands alone.
   */
  type: "VoteSettled";
  /**
   * When the vote settled. RFC 3339 in UTC.
   */
  time: string;
  /**
   * The version of this schema. Additions keep it.
   */
  version: 1;
  /**
   * Orders the events of one vote within a `stream`. Compare as integers, never as text; the numbers have gaps and up to 40 digits.
   */
  sequence: string;
  /**
   * The label of the table's stream: when that stream was created. Orders the events of one vote before `sequence`: compare labels as text, an absent one as the lowest, then sequences as integers. A new or restored stream has a later label, and may start at lower numbers.
   */
  stream?: string;
  vote: Vote;
  /**
   * What differs from the state before, by path, such as `voteType` or `answers.field_1`. Absent where the state before is not known, or where the event would be too large with it, or where only personal members changed and those are left out.
   */
  changes?: {
    voteType?: Change;
    instanceOfJoy?: Change;
    complete?: Change;
    /**
     * The voter, or an answer.
     */
    [k: string]: Change | undefined;
  };
  /**
   * How the vote settled the last time; absent the first time.
   */
  previous?: {
    /**
     * The `eventID` of that event.
     */
    eventID: string;
    /**
     * When it settled then. RFC 3339 in UTC.
     */
    time: string;
    /**
     * The `sequence` of that event.
     */
    sequence: string;
    /**
     * The `stream` of that event; absent when it had none.
     */
    stream?: string;
    /**
     * What the vote was then.
     */
    voteType: "thumbsup" | "thumbsdown";
  };
  /**
   * What enrichers added, by the enricher's name; empty when none did.
   */
  enrichment: {
    /**
     * What one enricher added, as its `adds` describes it. It may come from the vote, and counts as personal as a whole.
     */
    [k: string]: unknown;
  };
}
/**
 * A vote was deleted. A vote that expired is not reported. Members that are not named here may be added within this version.
 */
export interface VoteWithdrawn {
  /**
   * The stable id of this event: the stream record's, the same on every attempt. Use it to recognise a second delivery.
   */
  eventID: string;
  /**
   * The detail-type, repeated so that the detail stands alone.
   */
  type: "VoteWithdrawn";
  /**
   * When the vote was deleted. RFC 3339 in UTC.
   */
  time: string;
  /**
   * The version of this schema. Additions keep it.
   */
  version: 1;
  /**
   * Orders the events of one vote within a `stream`. Compare as integers, never as text; the numbers have gaps and up to 40 digits.
   */
  sequence: string;
  /**
   * The label of the table's stream: when that stream was created. Orders the events of one vote before `sequence`: compare labels as text, an absent one as the lowest, then sequences as integers. A new or restored stream has a later label, and may start at lower numbers.
   */
  stream?: string;
  vote: VoteWithdrawnVote;
  /**
   * What enrichers added, by the enricher's name; empty when none did.
   */
  enrichment: {
    /**
     * What one enricher added, as its `adds` describes it. It may come from the vote, and counts as personal as a whole.
     */
    [k: string]: unknown;
  };
}
/**
 * The vote as it stood before it was withdrawn; its keys only, where the stream has no old images.
 */
export interface VoteWithdrawnVote {
  /**
   * The widget: the place where the question is asked. The table's hash key.
   */
  widgetId: string;
  /**
   * The vote, unique within its widget. The table's range key.
   */
  voteId: string;
  /**
   * What the reader clicked: 👍 is thumbsup, 👎 is thumbsdown. The list is closed: another value would come with a new version.
   */
  voteType?: "thumbsup" | "thumbsdown";
  /**
   * The article or email voted on; absent when it is not known.
   */
  instanceOfJoy?: string;
  /**
   * Who voted, mostly an email address; absent when it is not known.
   */
  voter?: string;
  /**
   * A pseudonym of the reader, on the feed in place of `voter` and never beside it: the same for the same reader as long as its prefix is, which names the key's epoch. Absent when the voter is not known.
   */
  reader?: string;
  /**
   * Every answer so far, by field name, oldest field first; empty before the first answer.
   */
  answers?: {
    [k: string]: Answer;
  };
  /**
   * When the vote was cast; absent when the table does not say.
   */
  createdAt?: string;
  /**
   * True once the reader said they are done.
   */
  complete?: boolean;
}
