/** Base of classes that put their private fields on other objects: the constructor returns the object it is given. */
export class PrivateFieldsOn {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is how a private field is put on somebody else's object.
    return object;
  }
}
