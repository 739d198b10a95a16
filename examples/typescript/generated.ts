/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** Whether units can be sold now. Values may be added. */
export type Availability =
  /** At least the smallest order is in stock. */
  | 'IN_STOCK'
  /** Less than the smallest order is in stock. */
  | 'OUT_OF_STOCK';

/** What caused a change. Values may be added. */
export type ChangeCause =
  /** It was archived. */
  | 'ARCHIVED'
  /** Title, minimum order or period changed. */
  | 'CONTENT_CHANGED'
  /** A day or instant was reached: a certificate expired or came into force, an offer began or ended. */
  | 'DATE_REACHED'
  /** Price changed. */
  | 'PRICE_CHANGED'
  /** The producer's data or standing changed. */
  | 'PRODUCER_CHANGED'
  /** The product, a variant or a picture changed. */
  | 'PRODUCT_CHANGED'
  /** Its producer published it. */
  | 'PUBLISHED'
  /** A rating was granted. */
  | 'RATING_GRANTED'
  /** A rating was withdrawn. */
  | 'RATING_REVOKED'
  /** Stock changed. */
  | 'STOCK_CHANGED'
  /** Its producer took it back. */
  | 'UNPUBLISHED';

/** A part of the public catalog; all given conditions must hold. Cursors belong to it: keep to one for as long as you go on. */
export type FeedScopeInput = {
  /** What this channel carries: its producer's listings, or everybody's. */
  channel?: string | number | null | undefined;
  /** From this commune; code of a commune in force since 2025-07-01. */
  commune?: string | null | undefined;
  /** In this group. */
  group?: OcopGroup | null | undefined;
  /** Of this producer. */
  producer?: string | number | null | undefined;
};

/** Names one listing. */
export type ListingBy =
  {   /** Our key on channels. */
  externalKey: string; gtin?: never; id?: never; slug?: never; }
  |  { externalKey?: never;   /** GTIN-13 of its variant; the newest where several listings offer it. */
  gtin: string; id?: never; slug?: never; }
  |  { externalKey?: never; gtin?: never;   /** Opaque global id. */
  id: string | number; slug?: never; }
  |  { externalKey?: never; gtin?: never; id?: never;   /** Stable handle. */
  slug: string; };

/** The six product groups of the programme (Decisions 919/QĐ-TTg of 2022 and 148/QĐ-TTg of 2023). Values may be added. */
export type OcopGroup =
  /** Drinks (đồ uống). */
  | 'DRINK'
  /** Food (thực phẩm). */
  | 'FOOD'
  /** Handicrafts, textiles included (hàng thủ công mỹ nghệ). */
  | 'HANDICRAFT'
  /** Medicinal herbs and what is made of them (dược liệu và sản phẩm từ dược liệu). */
  | 'HERBAL'
  /** Ornamental plants and animals (sinh vật cảnh). */
  | 'ORNAMENTAL'
  /** Community tourism, eco-tourism and places to visit (dịch vụ du lịch cộng đồng). */
  | 'TOURISM';

/** Legal forms that may take part in the programme (Decision 148/QĐ-TTg), and those that occur beside them. Values may be added. */
export type ProducerKind =
  /** Cooperative (hợp tác xã, HTX). */
  | 'COOPERATIVE'
  /** Cooperative group (tổ hợp tác, THT); no legal personality. */
  | 'COOPERATIVE_GROUP'
  /** Enterprise (doanh nghiệp). */
  | 'ENTERPRISE'
  /** Farm (trang trại). */
  | 'FARM'
  /** Household business (hộ kinh doanh). */
  | 'HOUSEHOLD_BUSINESS'
  /** A village, a management board, or unknown. */
  | 'OTHER';

/** Why a listing left the feed. Values may be added; treat unknown ones as "remove it". */
export type RemovalReason =
  /** It, its product or its variant was archived. */
  | 'ARCHIVED'
  /** The certificate's 36 months are over, or it is not in force yet. */
  | 'CERTIFICATE_EXPIRED'
  /** It is public, but no longer in the part of the catalog that this cursor follows: another group or commune. */
  | 'LEFT_CHANNEL'
  /** The producer was suspended. */
  | 'PRODUCER_SUSPENDED'
  /** The rating was withdrawn. */
  | 'RATING_REVOKED'
  /** Its producer took it back, or its own period ended. */
  | 'UNPUBLISHED';

/** Units of net content. Values may be added. */
export type Unit =
  /** Gram. */
  | 'GRAM'
  /** Kilogram. */
  | 'KILOGRAM'
  /** Litre. */
  | 'LITER'
  /** Millilitre. */
  | 'MILLILITER'
  /** Piece (cái, hộp, bộ). */
  | 'PIECE';

export type SnapshotQueryVariables = Exact<{
  after?: string | null | undefined;
  first?: number | null | undefined;
  scope?: FeedScopeInput | null | undefined;
}>;


export type SnapshotQuery = { listingSnapshot: { asOf: string, endCursor: string, hasMore: boolean, listings: Array<{ id: string, feedVersion: number, externalKey: string, slug: string, title: string, stock: number, minOrder: number, availability: Availability, group: OcopGroup | null, stars: number | null, visibleUntil: string | null, updatedAt: string, titleEn: string, price: { amount: string, currency: string }, variant: { id: string, sku: string, gtin: string | null, weightGrams: number, netContent: { value: string, unit: Unit } } | null, product: { id: string, slug: string, name: string, description: string | null, nameEn: string, descriptionEn: string | null, media: Array<{ url: string, alt: string }>, rating: { stars: number, decision: { issuer: string, number: string, signedOn: string }, certificate: { number: string, issuedOn: string, expiresOn: string, verifyUrl: string } } | null } | null, producer: { id: string, slug: string, displayName: string, legalName: string, kind: ProducerKind } | null, commune: { code: string, name: string } | null }> } };

export type ChangesQueryVariables = Exact<{
  since?: string | null | undefined;
  first?: number | null | undefined;
  scope?: FeedScopeInput | null | undefined;
}>;


export type ChangesQuery = { listingChanges: { endCursor: string, hasMore: boolean, horizon: string, snapshotRequired: boolean, changes: Array<
      | { __typename: 'ListingRemoved', reason: RemovalReason, externalKey: string, cursor: string, listingId: string, version: number, committedAt: string, causes: Array<ChangeCause> }
      | { __typename: 'ListingUpserted', cursor: string, listingId: string, version: number, committedAt: string, causes: Array<ChangeCause>, listing: { id: string, feedVersion: number, externalKey: string, slug: string, title: string, stock: number, minOrder: number, availability: Availability, group: OcopGroup | null, stars: number | null, visibleUntil: string | null, updatedAt: string, titleEn: string, price: { amount: string, currency: string }, variant: { id: string, sku: string, gtin: string | null, weightGrams: number, netContent: { value: string, unit: Unit } } | null, product: { id: string, slug: string, name: string, description: string | null, nameEn: string, descriptionEn: string | null, media: Array<{ url: string, alt: string }>, rating: { stars: number, decision: { issuer: string, number: string, signedOn: string }, certificate: { number: string, issuedOn: string, expiresOn: string, verifyUrl: string } } | null } | null, producer: { id: string, slug: string, displayName: string, legalName: string, kind: ProducerKind } | null, commune: { code: string, name: string } | null } }
    > } };

export type ListingQueryVariables = Exact<{
  by: ListingBy;
}>;


export type ListingQuery = { listing: { id: string, feedVersion: number, externalKey: string, slug: string, title: string, stock: number, minOrder: number, availability: Availability, group: OcopGroup | null, stars: number | null, visibleUntil: string | null, updatedAt: string, titleEn: string, price: { amount: string, currency: string }, variant: { id: string, sku: string, gtin: string | null, weightGrams: number, netContent: { value: string, unit: Unit } } | null, product: { id: string, slug: string, name: string, description: string | null, nameEn: string, descriptionEn: string | null, media: Array<{ url: string, alt: string }>, rating: { stars: number, decision: { issuer: string, number: string, signedOn: string }, certificate: { number: string, issuedOn: string, expiresOn: string, verifyUrl: string } } | null } | null, producer: { id: string, slug: string, displayName: string, legalName: string, kind: ProducerKind } | null, commune: { code: string, name: string } | null } | null };

export type NewestQueryVariables = Exact<{ [key: string]: never; }>;


export type NewestQuery = { listings: { nodes: Array<{ id: string, feedVersion: number, externalKey: string, slug: string, title: string, stock: number, minOrder: number, availability: Availability, group: OcopGroup | null, stars: number | null, visibleUntil: string | null, updatedAt: string, titleEn: string, price: { amount: string, currency: string }, variant: { id: string, sku: string, gtin: string | null, weightGrams: number, netContent: { value: string, unit: Unit } } | null, product: { id: string, slug: string, name: string, description: string | null, nameEn: string, descriptionEn: string | null, media: Array<{ url: string, alt: string }>, rating: { stars: number, decision: { issuer: string, number: string, signedOn: string }, certificate: { number: string, issuedOn: string, expiresOn: string, verifyUrl: string } } | null } | null, producer: { id: string, slug: string, displayName: string, legalName: string, kind: ProducerKind } | null, commune: { code: string, name: string } | null }> } };

export type RecordFragment = { id: string, feedVersion: number, externalKey: string, slug: string, title: string, stock: number, minOrder: number, availability: Availability, group: OcopGroup | null, stars: number | null, visibleUntil: string | null, updatedAt: string, titleEn: string, price: { amount: string, currency: string }, variant: { id: string, sku: string, gtin: string | null, weightGrams: number, netContent: { value: string, unit: Unit } } | null, product: { id: string, slug: string, name: string, description: string | null, nameEn: string, descriptionEn: string | null, media: Array<{ url: string, alt: string }>, rating: { stars: number, decision: { issuer: string, number: string, signedOn: string }, certificate: { number: string, issuedOn: string, expiresOn: string, verifyUrl: string } } | null } | null, producer: { id: string, slug: string, displayName: string, legalName: string, kind: ProducerKind } | null, commune: { code: string, name: string } | null };

export type FollowSubscriptionVariables = Exact<{
  since?: string | null | undefined;
}>;


export type FollowSubscription = { listingChanges:
    | { __typename: 'FeedHeartbeat', cursor: string }
    | { __typename: 'FeedRestart', horizon: string }
    | { __typename: 'ListingRemoved', cursor: string, listingId: string, version: number, reason: RemovalReason }
    | { __typename: 'ListingUpserted', cursor: string, listingId: string, version: number, listing: { externalKey: string, title: string, stars: number | null, price: { amount: string, currency: string } } }
   };
