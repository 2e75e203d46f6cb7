/** What a class extends whose private fields are to be put on objects that are somebody else's. */
export class PrivateFieldsOn {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is how a private field is put on somebody else's object.
    return object;
  }
}
